/** Next's hook before the first request. Node's part is a module of its own, which edge bundles never see. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { boot } = await import('./instrumentation-node.ts');
  await boot();
}
