// "You can report up to 1,000 events in one request. If a request contains more than 1,000 events, the entire request will
// be rejected": "Report App, Web, Offline, or CRM Events", https://business-api.tiktok.com/portal/docs?id=1771101303285761
export const MAX_EVENTS = 1000
