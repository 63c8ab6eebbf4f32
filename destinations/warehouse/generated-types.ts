// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * postgresql://user:password@host:5432/database, with sslmode as the server wants it.
   */
  connection_string: string
  /**
   * PostgreSQL, or Redshift through PostgreSQL’s protocol.
   */
  dialect?: string
  /**
   * Schema of the table; made when it is missing.
   */
  schema?: string
  /**
   * The table; made when it is missing.
   */
  table?: string
}
