// "You can add an unlimited number of records to an audience, but only up to 10000 at a time": "Customer File Custom
// Audiences", https://developers.facebook.com/documentation/ads-commerce/marketing-api/audiences/guides/custom-audiences
export const MAX_MEMBERS = 10_000
