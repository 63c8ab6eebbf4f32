// Generated file. DO NOT MODIFY IT BY HAND.

export interface Payload {
  /**
   * A standard event, e.g. Purchase, or, for web and app, a name of your own.
   */
  event: string
  /**
   * When it happened: ISO 8601 or Unix seconds.
   */
  event_time: string | number
  /**
   * The same for every copy of the event, the pixel included: TikTok counts one of them within 48 hours. Not for app.
   */
  event_id: string
  /**
   * Where it happened; decides which id of the settings receives it.
   */
  event_source: string
  /**
   * Who the person is, as raw values: they are normalised and hashed with SHA-256 by the rules of TikTok before they leave.
   */
  user?: {
    /**
     * Email address, raw or as a SHA-256 digest.
     */
    email?: string
    /**
     * Phone number with its country code, or with a country in this object.
     */
    phone?: string
    /**
     * Your own ids of the person: user id, anonymous id. Web only.
     */
    external_id?: string[]
    /**
     * First name. Web only.
     */
    first_name?: string
    /**
     * Last name. Web only.
     */
    last_name?: string
    /**
     * City. Web only.
     */
    city?: string
    /**
     * State or region. Web only.
     */
    region?: string
    /**
     * Postal code. Web only.
     */
    postal_code?: string
    /**
     * Country, as a name or an ISO 3166-1 code. Web only.
     */
    country?: string
    /**
     * ttclid of the landing page, whole and unchanged. Web only.
     */
    ttclid?: string
    /**
     * Value of the _ttp cookie. Web only.
     */
    ttp?: string
    /**
     * Public IPv4 or IPv6 address of the device. Web and app.
     */
    ip?: string
    /**
     * User agent of the device. Web and app.
     */
    user_agent?: string
    /**
     * Language, e.g. en-US. Web and app.
     */
    locale?: string
    /**
     * iOS advertising identifier. App only.
     */
    idfa?: string
    /**
     * iOS vendor identifier. App only.
     */
    idfv?: string
    /**
     * Google advertising identifier. App only.
     */
    gaid?: string
    /**
     * AUTHORIZED, DENIED, NOT_DETERMINED, RESTRICTED or NOT_APPLICABLE. App only.
     */
    att_status?: string
  }
  /**
   * The business side of the event. Reports on return need value and currency.
   */
  properties?: {
    /**
     * Amount of the event; left out when there is no currency.
     */
    value?: number
    /**
     * ISO 4217 code of the currency, e.g. EUR.
     */
    currency?: string
    /**
     * Ids of the products, as in the catalogue.
     */
    content_ids?: string[]
    /**
     * The products one by one.
     */
    contents?: {
      /**
       * Price of one.
       */
      price?: number
      /**
       * How many of the product.
       */
      quantity?: number
      /**
       * Id of the product, as in the catalogue.
       */
      content_id?: string
      /**
       * Category of the product.
       */
      content_category?: string
      /**
       * Name of the product.
       */
      content_name?: string
      /**
       * Brand of the product.
       */
      brand?: string
    }[]
    /**
     * product, or product_group when the ids are of groups.
     */
    content_type?: string
    /**
     * How many items.
     */
    num_items?: number
    /**
     * What was searched for.
     */
    search_string?: string
    /**
     * Description of the item or page.
     */
    description?: string
    /**
     * Id of the order.
     */
    order_id?: string
    /**
     * Id of the shop.
     */
    shop_id?: string
    /**
     * new or returning. Web and app.
     */
    customer_type?: string
  }
  /**
   * The page of a web event, with all parameters of its address.
   */
  page?: {
    /**
     * Address of the page.
     */
    url?: string
    /**
     * Address of the page before.
     */
    referrer?: string
  }
  /**
   * The app of an app event.
   */
  app?: {
    /**
     * Id in the App Store or in Google Play, or the package name.
     */
    app_id?: string
    /**
     * Name of the app.
     */
    app_name?: string
    /**
     * Version of the app.
     */
    app_version?: string
  }
  /**
   * Limits what TikTok does with the event where the law of a US state says so. Web and app; needs the IP address.
   */
  limited_data_use?: boolean
  /**
   * Send up to 1000 events in one request.
   */
  enable_batching?: boolean
  /**
   * Events in one request; TikTok takes at most 1000.
   */
  batch_size?: number
  /**
   * Events with equal values of these fields share a request.
   */
  batch_keys?: string[]
}
