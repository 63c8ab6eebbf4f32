// What an event carries besides the person's own fields: addresses, user agents and click ids that can be of use.

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
// Not a whole parser of RFC 4291: groups of hex, at most one `::`, optionally an IPv4 tail.
const IPV6 = /^(?=.*:)(?!.*::.*::)[0-9a-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?$/i
// RFC 1918, 6598, 3927, 1122; unspecified; RFC 4193, 4291 (loopback, link-local). They lead to the sender's own network.
const PRIVATE =
  /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i
// Libraries and crawlers: the server's own user agent instead of the visitor's.
const NO_BROWSER =
  /^(?:node|axios|got|undici|curl|wget|python|java|go-http|okhttp|ruby|php|guzzle|postman|analytics|segment)|bot\b|crawler|spider/i
const CLICK_ID = /^[\w.-]{10,512}$/

export const isPublicIp = (ip: string | undefined): boolean =>
  ip !== undefined && (IPV4.test(ip) || IPV6.test(ip)) && !PRIVATE.test(ip)

export const isBrowserUserAgent = (userAgent: string | undefined): boolean =>
  userAgent !== undefined && userAgent.length >= 20 && !NO_BROWSER.test(userAgent)

export const isClickId = (id: string | undefined): boolean => id !== undefined && CLICK_ID.test(id)
