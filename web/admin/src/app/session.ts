// Who is signed in, and what they may do. Pages ask `can(permission)`; the server decides again.

import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import type { StaffMe, StaffSignIn } from '@api/types';
import * as api from '@/api/session';
import { currentToken, keepToken } from './http';
import { forgetPreferences } from './preferences';

export const useSession = defineStore('session', () => {
  const me = ref<StaffMe | null>(null);
  const permissions = computed(() => new Set(me.value?.permissions ?? []));

  function can(permission: string): boolean {
    return permission === '' || permissions.value.has('*') || permissions.value.has(permission);
  }

  async function signIn(input: StaffSignIn): Promise<void> {
    const session = await api.signIn(input);
    keepToken(session.token);
    me.value = session.me;
  }

  /** Reads the profile once for a kept token; answers whether somebody is signed in. */
  async function restore(): Promise<boolean> {
    if (!currentToken()) return false;
    me.value ??= await api.me();
    return true;
  }

  async function refresh(): Promise<void> {
    me.value = await api.me();
  }

  function forget(): void {
    keepToken(null);
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
