/** A service that starts, falls, gives up and stops, with real processes. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { isAlive, until } from '../wait.ts';
import { openLogFile } from './log-file.ts';
import { Service } from './service.ts';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-service-'));
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

/** A program that writes its process number into a file, then does what it is told. */
function service(name: string, then: string, isHealthy = true) {
  const file = path.join(dir, `${name}.pid`);
  const said: string[] = [];
  let givenUp = '';
  const made = new Service({
    name,
    args: ['-e', `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); ${then}`],
    env: process.env,
    log: openLogFile(path.join(dir, `${name}.log`)),
    echo: false,
    isHealthy: async () => isHealthy && fs.existsSync(file) && isAlive(Number(fs.readFileSync(file, 'utf8'))),
    startTimeoutMs: 10_000,
    graceMs: 300,
    backoffMs: 20,
    say: sentence => said.push(sentence),
    onGivenUp: reason => {
      givenUp = reason;
    },
  });
  return { made, said, pid: () => Number(fs.readFileSync(file, 'utf8')), givenUp: () => givenUp };
}

const forever = 'setInterval(() => {}, 1000);';

it('starts again what falls, and stops it for good', async () => {
  const { made, said, pid } = service('steady', forever);
  await made.start();
  const first = pid();
  process.kill(first, 'SIGKILL');
  await until('the service to be back', () => said.includes('steady is back'), { timeoutMs: 10_000 });
  const second = pid();
  expect(second).not.toBe(first);
  await made.stop();
  expect(isAlive(second)).toBe(false);
  expect(said).toEqual(['steady ended with SIGKILL; starting it again in 0.02 s', 'steady is back']);
});

it('kills what does not stop in time', async () => {
  const { made, pid } = service('stubborn', `process.on('SIGTERM', () => {}); ${forever}`);
  await made.start();
  await made.stop();
  expect(isAlive(pid())).toBe(false);
});

it('says how a program ended that could not start, with the end of its log', async () => {
  const { made } = service('broken', `console.error('no such table'); process.exit(3);`, false);
  const error = await made.start().catch((thrown: Error) => thrown.message);
  expect(error).toBe('broken ended with code 3. The end of its log:\nno such table');
});

it('gives up on what falls again and again', async () => {
  const { made, givenUp } = service('hopeless', 'setTimeout(() => process.exit(1), 150);');
  await made.start();
  await until('it to give up', () => givenUp() !== '', { timeoutMs: 20_000 });
  expect(givenUp()).toMatch(/hopeless fell 6 times in 5 minutes/);
});
