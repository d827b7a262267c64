/** The demo's governed databases: what each is called as a connection, and how much is in it. */

/** Owns the demo's databases; the role as whom the proxy connects. */
export const demoRole = 'shop_owner';

export const demoTargets = [
  { connection: 'shop-prod', database: 'shop', environment: 'production', region: 'eu-central', customers: 2000 },
  {
    connection: 'shop-staging',
    database: 'shop_staging',
    environment: 'staging',
    region: 'eu-central',
    customers: 200,
  },
  { connection: 'shop-dev', database: 'shop_dev', environment: 'development', region: 'eu-central', customers: 100 },
] as const;
