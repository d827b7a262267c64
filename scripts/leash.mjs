/** Preloaded into the processes that the supervisor starts: when it is gone without having stopped them, they end themselves. */
// Not for the worker that Next's development server forks with our preload: it lives by its channel, which must not be let go.
if (process.channel && !process.env.NEXT_PRIVATE_WORKER) {
  process.channel.unref();
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), 5000).unref();
  });
}
