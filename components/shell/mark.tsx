/** The mark: water held by a weir, and flowing on behind it. */
import { cn } from '#components/ui/cn.ts';

export function Mark({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 32 32"
      aria-hidden
      className={cn('size-6 shrink-0', className)}
      fill="none"
      strokeWidth="2.6"
      strokeLinecap="round"
    >
      <rect width="32" height="32" rx="7" className="fill-primary" />
      <g className="stroke-primary-foreground">
        <path d="M4 10.500c3 0 3 2 6 2s3-2 6-2" />
        <path d="M17.500 6v14" />
        <path d="M17.500 12c5.500 0 3.500 10 9.500 10" />
        <path d="M5 24c3.200 0 3.200 2 6.400 2s3.200-2 6.400-2 3.200 2 6.400 2" />
      </g>
    </svg>
  );
}
