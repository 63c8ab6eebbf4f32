#!/usr/bin/env node
// The one composition root: the only room that makes clocks, chance, connections and processes.
