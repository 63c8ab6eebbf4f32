// "This endpoint accepts a maximum of 1000 profiles per call": "Add Profiles to List" and "Remove Profiles from List",
// https://developers.klaviyo.com/en/reference/add_profiles_to_list. The bulk import would take 10,000.
export const MAX_MEMBERS = 1000
/** "any" in a filter takes 100 values, and a page of profiles has at most as many: "Get Profiles". */
export const MAX_FILTER_VALUES = 100
