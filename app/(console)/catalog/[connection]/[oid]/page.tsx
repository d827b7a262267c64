/** One table or view. */
import { notFound } from 'next/navigation';
import { RelationView } from '#components/catalog/relation-view.tsx';

export const metadata = { title: 'Table' };

export default async function Page({ params }: { params: Promise<{ connection: string; oid: string }> }) {
  const { connection, oid } = await params;
  if (!/^\d{1,10}$/.test(oid)) notFound();
  return <RelationView key={oid} connectionId={connection} oid={Number(oid)} />;
}
