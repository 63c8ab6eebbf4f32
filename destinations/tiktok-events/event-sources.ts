// The sources this destination reports. CRM events are not among them: they need the id of a lead from a TikTok form.
export const EVENT_SOURCES = ['web', 'app', 'offline'] as const
export type EventSource = (typeof EVENT_SOURCES)[number]

// "Supported events", https://business-api.tiktok.com/portal/docs?id=1771101186666498, and "Standard Events and Parameters",
// https://ads.tiktok.com/help/article/standard-events-parameters; the last four are former names that still pass.
const STANDARD: ReadonlySet<string> = new Set([
  'AddPaymentInfo',
  'AddToCart',
  'AddToWishlist',
  'ApplicationApproval',
  'CompleteRegistration',
  'Contact',
  'CustomizeProduct',
  'Download',
  'FindLocation',
  'InitiateCheckout',
  'Lead',
  'Purchase',
  'Schedule',
  'Search',
  'StartTrial',
  'SubmitApplication',
  'Subscribe',
  'ViewContent',
  'CompletePayment',
  'SubmitForm',
  'PlaceAnOrder',
  'ClickButton',
])

/** "For offline events, it can only be a Standard Event." */
export function takesEvent(source: EventSource, event: string): boolean {
  return source !== 'offline' || STANDARD.has(event)
}
