// How many rows "/segment/mapping/" takes could not be read on TikTok's page (it needs a sign-in). 1,000 rows in 1 MB is what
// Tealium's connector keeps to: https://docs.tealium.com/server-side-connectors/tiktok-audiences-tealium-provided-credentials-connector
export const MAX_MEMBERS = 1000
