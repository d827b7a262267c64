/** The catalog of one connection. */
import type { ReactNode } from 'react';
import { ConnectionFrame } from '#components/catalog/connection-frame.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

type Props = { params: Promise<{ connection: string }>; children: ReactNode };

export default async function Layout({ params, children }: Props) {
  const { connection } = await params;
  return (
    <Permitted permission="catalog:read">
      <ConnectionFrame key={connection} id={connection}>
        {children}
      </ConnectionFrame>
    </Permitted>
  );
}
