// Who is using the app: nobody yet, a guest, or a member, with the numbers that badges show.
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { call, onSessionLost } from '@/api/client';
import { storedToken } from '@/api/session';
import type { Me, MeInput, SessionGranted } from '@/api/types';
import { login } from '@/platform/login';

export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null);
  const kind = ref(storedToken.kind());
  const isMember = computed(() => kind.value === 'member');

  function forget(): void {
    me.value = null;
    kind.value = null;
  }
  onSessionLost(forget);

  function grant(granted: SessionGranted): void {
    storedToken.set(granted);
    me.value = granted.me;
    kind.value = granted.me.kind;
  }

  /** Reads our profile and badges again; without a session there is nothing to read. */
  async function refresh(): Promise<void> {
    if (!storedToken.get()) return forget();
    me.value = await call('get', '/api/v1/me');
    kind.value = me.value.kind;
  }

  async function askSmsCode(phone: string): Promise<void> {
    await call('post', '/api/v1/session/sms-code', { body: { phone } });
  }

  /** Signs in; the server merges what the guest had in the cart. */
  async function signInByPhone(phone: string, code: string): Promise<void> {
    grant(await call('post', '/api/v1/session/phone', { body: { phone, code } }));
  }

  async function signInByVendor(): Promise<void> {
    grant(await call('post', '/api/v1/session/wechat', { body: { code: await login.code() } }));
  }

  async function bindPhone(code: string): Promise<void> {
    me.value = await call('post', '/api/v1/me/phone/wechat', { body: { code } });
  }

  async function change(input: MeInput): Promise<void> {
    me.value = await call('patch', '/api/v1/me', { body: input });
  }

  async function signOut(): Promise<void> {
    try {
      if (storedToken.get()) await call('delete', '/api/v1/session');
    } finally {
      storedToken.clear();
      forget();
    }
  }

  /** The account is closed: its token is worthless and forgotten here. */
  function leave(): void {
    storedToken.clear();
    forget();
  }

  return { me, kind, isMember, refresh, askSmsCode, signInByPhone, signInByVendor, bindPhone, change, signOut, leave };
});
