// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// Prints every message it is given.
async function onIdentify(event) {
  console.log(JSON.stringify(event))
}
async function onTrack(event) {
  console.log(JSON.stringify(event))
}
async function onPage(event) {
  console.log(JSON.stringify(event))
}
async function onScreen(event) {
  console.log(JSON.stringify(event))
}
async function onGroup(event) {
  console.log(JSON.stringify(event))
}
async function onAlias(event) {
  console.log(JSON.stringify(event))
}
async function onDelete(event) {
  console.log(JSON.stringify(event))
}
