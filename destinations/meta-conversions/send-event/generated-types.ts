// Generated file. DO NOT MODIFY IT BY HAND.

export interface Payload {
  /**
   * A standard event, e.g. Purchase, or a name of your own.
   */
  event_name: string
  /**
   * When it happened: ISO 8601 or Unix seconds. Meta takes at most 7 days ago.
   */
  event_time: string | number
  /**
   * The same for every copy of the event, the pixel included: Meta counts one of them within 48 hours.
   */
  event_id: string
  /**
   * Where it happened.
   */
  action_source: string
  /**
   * Address of the page. Required for website events.
   */
  event_source_url?: string
  /**
   * Address of the page before.
   */
  referrer_url?: string
  /**
   * Use the event for attribution only, not to optimise delivery.
   */
  opt_out?: boolean
  /**
   * Who the person is, as raw values: they are normalised and hashed with SHA-256 by the rules of Meta before they leave.
   */
  user_data?: {
    /**
     * Email address, raw or as a SHA-256 digest.
     */
    email?: string
    /**
     * Phone number with its country code, or with a country in this object.
     */
    phone?: string
    /**
     * First name.
     */
    first_name?: string
    /**
     * Last name.
     */
    last_name?: string
    /**
     * City.
     */
    city?: string
    /**
     * State or region; in the US its name or two letters.
     */
    region?: string
    /**
     * Postal code.
     */
    postal_code?: string
    /**
     * Country, as a name or an ISO 3166-1 code.
     */
    country?: string
    /**
     * Date of birth, e.g. 1990-04-23.
     */
    birthday?: string
    /**
     * Gender; f and m have a form at Meta.
     */
    gender?: string
    /**
     * Your own ids of the person: user id, anonymous id.
     */
    external_id?: string[]
    /**
     * IPv4 or IPv6 address of the browser. Never hashed.
     */
    client_ip_address?: string
    /**
     * User agent of the browser. Required for website events.
     */
    client_user_agent?: string
    /**
     * Value of the _fbc cookie.
     */
    fbc?: string
    /**
     * fbclid of the landing page; becomes fbc where there is no cookie.
     */
    fbclid?: string
    /**
     * Value of the _fbp cookie.
     */
    fbp?: string
    /**
     * Id of a lead from a Meta lead ad.
     */
    lead_id?: string
    /**
     * Id of the subscription in this transaction.
     */
    subscription_id?: string
    /**
     * Install id of the app. App events only.
     */
    anon_id?: string
    /**
     * IDFA or GAID. App events only.
     */
    madid?: string
  }
  /**
   * The business side of the event. A Purchase needs value and currency.
   */
  custom_data?: {
    /**
     * Amount of the event, in units of the currency.
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
     * The products one by one; a product without id is left out.
     */
    contents?: {
      /**
       * Id of the product, as in the catalogue.
       */
      id?: string
      /**
       * How many of the product.
       */
      quantity?: number
      /**
       * Price of one.
       */
      item_price?: number
      /**
       * Name of the product.
       */
      title?: string
      /**
       * Brand of the product.
       */
      brand?: string
      /**
       * Category of the product.
       */
      category?: string
      /**
       * in_store, curbside or home_delivery.
       */
      delivery_category?: string
    }[]
    /**
     * product, or product_group when the ids are of groups.
     */
    content_type?: string
    /**
     * Name of the page or product.
     */
    content_name?: string
    /**
     * Category of the page or product.
     */
    content_category?: string
    /**
     * Id of the order.
     */
    order_id?: string
    /**
     * Items at checkout. InitiateCheckout only.
     */
    num_items?: number
    /**
     * What was searched for. Search only.
     */
    search_string?: string
    /**
     * Status of the registration. CompleteRegistration only.
     */
    status?: string
    /**
     * What the person is expected to bring.
     */
    predicted_ltv?: number
    /**
     * Value less costs, for optimisation by profit.
     */
    net_revenue?: number
    /**
     * in_store, curbside or home_delivery.
     */
    delivery_category?: string
  }
  /**
   * Further properties of your own, sent within custom_data.
   */
  custom_properties?: {
    [k: string]: unknown
  }
  /**
   * Required by Meta for action source app: the two permissions and extinfo.
   */
  app_data?: {
    /**
     * Whether the person allowed advertising tracking in the app.
     */
    advertiser_tracking_enabled?: boolean
    /**
     * Whether the person allowed tracking by the app itself.
     */
    application_tracking_enabled?: boolean
    /**
     * The 16 values on device and app in the order that Meta documents.
     */
    extinfo?: string[]
  }
  /**
   * LDU limits the use of data of people in certain US states; an empty list says that nothing is limited.
   */
  data_processing_options?: string[]
  /**
   * 1 for the United States, 0 to let Meta find it out. With LDU 0 when absent.
   */
  data_processing_options_country?: number
  /**
   * e.g. 1000 for California, 0 to let Meta find it out. With LDU 0 when absent.
   */
  data_processing_options_state?: number
  /**
   * Send up to 1000 events in one request.
   */
  enable_batching?: boolean
  /**
   * Events in one request; Meta takes at most 1000.
   */
  batch_size?: number
}
