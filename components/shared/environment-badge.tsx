/** Which environment: production stands out, the others are outlined. */
import { Badge } from '#components/ui/badge.tsx';

export function EnvironmentBadge({ environment }: { environment: string }) {
  return <Badge tone={/^prod/i.test(environment) ? 'solid' : 'outline'}>{environment}</Badge>;
}

export function ConnectionName({ connection }: { connection: { name: string; environment?: string } }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span className="font-mono text-xs">{connection.name}</span>
      {connection.environment ? <EnvironmentBadge environment={connection.environment} /> : null}
    </span>
  );
}
