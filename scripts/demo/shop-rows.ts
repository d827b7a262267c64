/** The demo shop's rows: generated, the same on every machine, and nobody's — only reserved domains, numbers and test cards. */
import { base, en, Faker } from '@faker-js/faker';

export type Cell = string | number | boolean | Date | null;
export type TableRows = { table: string; columns: readonly string[]; rows: readonly (readonly Cell[])[] };

const from = new Date('2024-01-08T00:00:00Z');
const to = new Date('2026-11-16T00:00:00Z');

/** Published by card networks and processors for testing; no account stands behind them. */
const testCards = [
  '4242424242424242',
  '4000056655665556',
  '5555555555554444',
  '2223003122003222',
  '5200828282828210',
  '5105105105105100',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '3056930009020004',
  '3566002020360505',
];

/** The examples of the IBAN registry. */
const exampleIbans = [
  'GB29NWBK60161331926819',
  'DE89370400440532013000',
  'FR1420041010050500013M02606',
  'ES9121000418450200051332',
  'NL91ABNA0417164300',
  'BE68539007547034',
  'PL61109010140000071219812874',
];

const countries = [
  { country: 'US', region: 'AMER', cities: ['Austin', 'Denver', 'Portland', 'Chicago', 'Boston'] },
  { country: 'BR', region: 'AMER', cities: ['Recife', 'Curitiba'] },
  { country: 'DE', region: 'EMEA', cities: ['Berlin', 'Leipzig', 'Bremen'] },
  { country: 'FR', region: 'EMEA', cities: ['Lyon', 'Nantes'] },
  { country: 'GB', region: 'EMEA', cities: ['Leeds', 'Bristol', 'Glasgow'] },
  { country: 'PT', region: 'EMEA', cities: ['Lisbon', 'Porto'] },
  { country: 'JP', region: 'APAC', cities: ['Osaka', 'Sapporo'] },
  { country: 'AU', region: 'APAC', cities: ['Hobart', 'Perth'] },
] as const;

const departments = ['Engineering', 'Support', 'Finance', 'Logistics', 'Marketing'] as const;
const deliveryNotes = [
  'Ring twice',
  'Leave with the neighbour',
  'Call before delivery',
  'Gift, no invoice please',
] as const;
const eventKinds = ['login', 'checkout', 'password_reset', 'export'] as const;

/** All tables in the order in which their foreign keys let them be filled. `customers` sets the size of the rest. */
export function shopRows(customers = 2000): TableRows[] {
  const faker = new Faker({ locale: [en, base], seed: 20261121 });
  const people = customerRows(faker, customers);
  const products = productRows(faker, 240);
  const employees = employeeRows(faker, Math.max(12, Math.round(customers / 20)));
  const sales = orderRows(faker, customers, products.rows);
  return [
    people,
    paymentRows(faker, customers),
    employees,
    apiKeyRows(faker, employees.rows.length),
    products,
    ...sales,
    eventRows(faker, people.rows),
    segmentRows(faker, customers),
    {
      table: 'audit_private.break_glass',
      columns: ['id', 'who', 'reason', 'used_at'],
      rows: [
        [1, 'operator@example.com', 'Restored a mistakenly refunded order', new Date('2026-03-02T09:30:00Z')],
        [2, 'operator@example.com', 'Unlocked payments after the provider outage', new Date('2026-08-19T21:05:00Z')],
      ],
    },
  ];
}

/** 555-0100 to 555-0199 are reserved for fiction in every area code. */
const phone = (faker: Faker, n: number) =>
  `+1-${faker.helpers.arrayElement(['202', '303', '415', '512', '617'])}-555-01${String(n % 100).padStart(2, '0')}`;

function customerRows(faker: Faker, count: number): TableRows {
  const rows = sequence(count).map(id => {
    const first = faker.person.firstName();
    const last = faker.person.lastName();
    const place = faker.helpers.arrayElement(countries);
    const domain = faker.helpers.arrayElement(['example.com', 'example.org', 'example.net']);
    const created = faker.date.between({ from, to });
    return [
      id,
      `${plain(first)}.${plain(last)}${id}@${domain}`,
      `${first} ${last}`,
      faker.datatype.boolean(0.9) ? phone(faker, id) : null,
      // Numbers that begin with 9 are never given out.
      `9${digits(faker, 2)}-${digits(faker, 2)}-${String(id).padStart(4, '0')}`,
      day(faker.date.birthdate({ mode: 'year', min: 1948, max: 2006 })),
      `${faker.number.int({ min: 1, max: 299 })} ${faker.location.street()}`,
      faker.helpers.arrayElement(place.cities),
      place.country,
      place.region,
      faker.datatype.boolean(0.4),
      created,
      created,
    ];
  });
  const columns = ['id', 'email', 'full_name', 'phone', 'ssn', 'date_of_birth', 'address', 'city', 'country', 'region'];
  return { table: 'public.customers', columns: [...columns, 'newsletter', 'created_at', 'updated_at'], rows };
}

function paymentRows(faker: Faker, customers: number): TableRows {
  const rows = sequence(Math.round(customers * 1.2)).map(id => {
    const byCard = faker.datatype.boolean(0.8);
    const card = byCard ? faker.helpers.arrayElement(testCards) : null;
    const iban = byCard ? null : faker.helpers.arrayElement(exampleIbans);
    return [
      id,
      ((id - 1) % customers) + 1,
      card,
      iban,
      day(faker.date.between({ from: to, to: '2031-12-31T00:00:00Z' })),
    ];
  });
  return { table: 'public.payment_methods', columns: ['id', 'customer_id', 'card_number', 'iban', 'expires_on'], rows };
}

function employeeRows(faker: Faker, count: number): TableRows {
  const rows = sequence(count).map(id => {
    const name = faker.person.fullName();
    const email = `${plain(name)}.${id}@staff.example.com`;
    const salary = (faker.number.int({ min: 38_000_00, max: 164_000_00 }) / 100).toFixed(2);
    const nationalId = `QQ${String(100_000 + id)}${faker.helpers.arrayElement(['A', 'B', 'C', 'D'])}`;
    return [
      id,
      name,
      email,
      faker.helpers.arrayElement(departments),
      salary,
      nationalId,
      day(faker.date.between({ from: '2012-01-01T00:00:00Z', to })),
    ];
  });
  const columns = ['id', 'name', 'email', 'department', 'salary', 'national_id', 'hired_on'];
  return { table: 'public.employees', columns, rows };
}

function apiKeyRows(faker: Faker, employees: number): TableRows {
  const rows = sequence(Math.ceil(employees / 2)).map(id => [
    id,
    faker.number.int({ min: 1, max: employees }),
    `shop_demo_${faker.string.alphanumeric(32)}`,
    faker.helpers.arrayElement(['read', 'write', 'admin']),
    // TEST-NET-3 (RFC 5737).
    `203.0.113.${faker.number.int({ min: 1, max: 254 })}`,
    faker.date.between({ from, to }),
  ]);
  return {
    table: 'public.api_keys',
    columns: ['id', 'employee_id', 'token', 'scope', 'last_used_ip', 'created_at'],
    rows,
  };
}

function productRows(faker: Faker, count: number): TableRows {
  const rows = sequence(count).map(id => [
    id,
    `SKU-${1000 + id}`,
    faker.commerce.productName(),
    faker.commerce.department(),
    faker.number.int({ min: 300, max: 24_900 }),
    faker.number.int({ min: 0, max: 400 }),
  ]);
  return { table: 'public.products', columns: ['id', 'sku', 'name', 'category', 'price_cents', 'stock'], rows };
}

function orderRows(faker: Faker, customers: number, products: readonly (readonly Cell[])[]): TableRows[] {
  const orders: Cell[][] = [];
  const items: Cell[][] = [];
  for (const id of sequence(customers * 3)) {
    const lines = faker.helpers.arrayElements(products, { min: 1, max: 4 });
    let total = 0;
    for (const [product, , , , price] of lines) {
      const quantity = faker.number.int({ min: 1, max: 3 });
      total += quantity * Number(price);
      items.push([items.length + 1, id, Number(product), quantity, Number(price)]);
    }
    const created = faker.date.between({ from, to });
    const status = faker.helpers.weightedArrayElement([
      { value: 'shipped', weight: 12 },
      { value: 'paid', weight: 4 },
      { value: 'pending', weight: 2 },
      { value: 'refunded', weight: 1 },
    ]);
    const note = faker.datatype.boolean(0.15) ? faker.helpers.arrayElement(deliveryNotes) : null;
    orders.push([id, faker.number.int({ min: 1, max: customers }), status, total, note, created, created]);
  }
  const columns = ['id', 'customer_id', 'status', 'total_cents', 'delivery_note', 'created_at', 'updated_at'];
  return [
    { table: 'public.orders', columns, rows: orders },
    { table: 'public.order_items', columns: ['id', 'order_id', 'product_id', 'quantity', 'price_cents'], rows: items },
  ];
}

function eventRows(faker: Faker, customers: readonly (readonly Cell[])[]): TableRows {
  const rows = sequence(customers.length * 2).map(id => {
    const [customerId, email, name] = faker.helpers.arrayElement(customers);
    const payload = {
      customer: customerId,
      email,
      name,
      ip: `198.51.100.${faker.number.int({ min: 1, max: 254 })}`,
      ok: faker.datatype.boolean(0.95),
    };
    return [
      id,
      faker.date.between({ from: '2026-01-01T00:00:00Z', to }),
      faker.helpers.arrayElement(eventKinds),
      JSON.stringify(payload),
    ];
  });
  return { table: 'public.events_log', columns: ['id', 'occurred_at', 'kind', 'payload'], rows };
}

function segmentRows(faker: Faker, customers: number): TableRows {
  const rows = sequence(customers).map(id => [
    id,
    faker.helpers.arrayElement(['new', 'loyal', 'at risk', 'lapsed']),
    faker.number.float({ min: 0, max: 1, fractionDigits: 4 }),
  ]);
  return { table: 'analytics.segments', columns: ['customer_id', 'segment', 'score'], rows };
}

const sequence = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const digits = (faker: Faker, length: number): string => faker.string.numeric(length);
const day = (date: Date): string => date.toISOString().slice(0, 10);
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z]+/g, '.')
    .replace(/^\.|\.$/g, '');
