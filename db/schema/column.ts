/** Column kinds that drizzle lacks or that every table shares. */
import { customType, timestamp } from 'drizzle-orm/pg-core';

/** bytea as lower-case hex. */
export const hexBytes = customType<{ data: string; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: value => Buffer.from(value, 'hex'),
  fromDriver: value => Buffer.from(value).toString('hex'),
});

/** timestamptz with milliseconds, as Date. */
export const instant = () => timestamp({ withTimezone: true, mode: 'date', precision: 3 });
