/** Preloaded into the processes that the supervisor starts: when it is gone without having stopped them, they end themselves. */
if (process.channel) {
  process.channel.unref();
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), 5000).unref();
  });
}
