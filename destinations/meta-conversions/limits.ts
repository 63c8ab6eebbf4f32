// "You can send up to 1,000 events in data. If any event you send in a batch is invalid, we reject the entire batch":
// "Using the API", https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api
export const MAX_EVENTS = 1000
