/** An address of the console that leads nowhere, shown within its frame. */
import { notFound } from 'next/navigation';

export default function Nowhere() {
  notFound();
}
