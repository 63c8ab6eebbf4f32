// For whoever keeps or shows requests of this destination: values of these query parameters are secrets.

export const SECRET_QUERY_PARAMETERS: readonly string[] = ['api_secret']
