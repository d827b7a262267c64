'use client';
/** Who is signed in, and what they may do. What is shown follows from it; the server decides again. */
import { createContext, type ReactNode, use, useMemo } from 'react';
import type { Permission } from '#core/identity/role.ts';
import type { Me } from '#lib/identity/schema.ts';

type Caller = Omit<Me, 'permissions'> & { permissions: ReadonlySet<Permission> };

const CallerContext = createContext<Caller | null>(null);

export function CallerProvider({ me, children }: { me: Me; children: ReactNode }) {
  const caller = useMemo(() => ({ ...me, permissions: new Set(me.permissions) }), [me]);
  return <CallerContext value={caller}>{children}</CallerContext>;
}

export function useCaller(): Caller {
  const caller = use(CallerContext);
  if (!caller) throw new Error('useCaller needs a CallerProvider above it');
  return caller;
}

export const useCan = (permission: Permission): boolean => useCaller().permissions.has(permission);
