// "At most 10000 AudienceMember resources can be sent in a single request": "Method: audienceMembers.ingest",
// https://developers.google.com/data-manager/api/reference/rest/v1/audienceMembers/ingest
export const MAX_MEMBERS = 10_000
