/** Which API is spoken to. Part of every object's props, and of its state with the number of the account it is in. */
export type ProviderEndpoint = { region: string; endpoint: string; account: string };
