'use client';
/** The last resort, when not even the frame could be made. Stands on nothing but the stylesheet. */
import './globals.css';

export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <main className="mx-auto grid max-w-prose gap-3 px-4 py-24">
          <title>Weir could not start</title>
          <h1 className="text-xl font-semibold">The console could not be shown</h1>
          <p>Reload the page. If it stays like this, the console’s log says why.</p>
          {error.digest ? <p className="font-mono text-xs text-muted-foreground">Reference {error.digest}</p> : null}
          <a href="/" className="text-link underline">
            Reload
          </a>
        </main>
      </body>
    </html>
  );
}
