// Who is signed in, and what they may do. Pages ask `can(permission)`; the server decides again.

import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import type { StaffMe, StaffSignIn } from '@api/types';
import * as api from '@/api/session';
import { asFailure, currentToken, keepToken } from './http';
import { keptStaff, keepStaff } from './kept';
import { forgetPreferences } from './preferences';

export const useSession = defineStore('session', () => {
  const me = ref<StaffMe | null>(null);
  /** Whether `me` is as last known, because the server could not be asked. */
  let alone = false;
  const permissions = computed(() => new Set(me.value?.permissions ?? []));

  function can(permission: string): boolean {
    return permission === '' || permissions.value.has('*') || permissions.value.has(permission);
  }

  async function signIn(input: StaffSignIn): Promise<void> {
    const session = await api.signIn(input);
    keepToken(session.token);
    me.value = session.me;
    alone = false;
    keepStaff(session.me);
  }

  /**
   * Reads the profile once for a kept token; answers whether somebody is signed in. Without a network it is who was here
   * last, until the server can be asked: a page opens, and what it may do is still the server's to say.
   */
  async function restore(): Promise<boolean> {
    if (!currentToken()) return false;
    if (me.value && !alone) return true;
    try {
      await refresh();
    } catch (thrown) {
      const last = asFailure(thrown).status === 0 ? keptStaff() : null;
      if (!last) throw thrown;
      me.value = last;
      alone = true;
    }
    return true;
  }

  async function refresh(): Promise<void> {
    me.value = await api.me();
    alone = false;
    keepStaff(me.value);
  }

  function forget(): void {
    keepToken(null);
    keepStaff(null);
    me.value = null;
    forgetPreferences();
  }

  /** Ends the session here even when the server cannot be told. */
  async function signOut(): Promise<void> {
    try {
      await api.signOut();
    } finally {
      forget();
    }
  }

  return { me, can, signIn, restore, refresh, forget, signOut };
});
