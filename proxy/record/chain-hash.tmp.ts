import { hash } from 'node:crypto';
export const chainHash = (prev: string, body: string): string => hash('sha256', prev + body, 'hex');
