'use client';
/** Chooses the connection to ask for, then asks. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DataRegion } from '#components/ui/data-region.tsx';
import { Field } from '#components/ui/field.tsx';
import { Select } from '#components/ui/input.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { AccessRequestForm } from './access-request-form.tsx';

const listedMax = 200;

export function RequestDialogBody({ onDone }: { onDone: () => void }) {
  const [id, setId] = useState('');
  const query = useQuery(orpc.approvals.access.mine.queryOptions({ input: { limit: listedMax } }));
  return (
    <DataRegion
      query={query}
      isEmpty={data => data.items.length === 0}
      empty={<p>There is no connection to ask for.</p>}
    >
      {data => {
        const chosen = data.items.find(item => item.connection.id === id);
        return (
          <div className="grid gap-3 pb-2">
            <Field label="Connection">
              {control => (
                <Select {...control} value={id} onChange={event => setId(event.target.value)}>
                  <option value="" disabled>
                    Choose one
                  </option>
                  {data.items.map(item => (
                    <option key={item.connection.id} value={item.connection.id}>
                      {item.connection.name} ({item.connection.environment}
                      {item.access === 'none' ? '' : `, ${item.access}`})
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            {chosen ? (
              <AccessRequestForm key={chosen.connection.id} connection={chosen.connection} onDone={onDone} />
            ) : null}
          </div>
        );
      }}
    </DataRegion>
  );
}
