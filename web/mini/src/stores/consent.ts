// What the shopper agreed to: given and taken back here, so that the session's note of it stays true.
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { call } from '@/api/client';
import type { ConsentScope } from '@/api/types';
import { useSession } from './session';

export const useConsent = defineStore('consent', () => {
  const putOff = ref(false);

  async function record(scope: ConsentScope, version: number, granted: boolean) {
    const now = await call('post', '/api/v1/privacy/consents', { body: { scope, version, granted } });
    const session = useSession();
    if (session.me) session.me = { ...session.me, consent_due: now.is_due };
    return now;
  }

  return {
    /** True when the member wants to look around first; the next visit asks again. */
    putOff,
    putItOff: (): void => void (putOff.value = true),
    give: (scope: ConsentScope, version: number) => record(scope, version, true),
    takeBack: (scope: ConsentScope) => record(scope, 0, false),
  };
});
