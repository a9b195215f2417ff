// A `uni` that keeps its storage in memory and answers requests from `server`, which each test fills.
import { beforeEach } from 'vitest';
import '@/messages/zh';

export interface Asked {
  method: string;
  url: string;
  header: Record<string, string>;
  body: unknown;
}
export interface Answered {
  status: number;
  body?: unknown;
  header?: Record<string, string>;
}

export const server = {
  asked: [] as Asked[],
  answer: (_: Asked): Answered | Promise<Answered> => ({ status: 404 }),
};

const storage = new Map<string, unknown>();

interface RequestOptions {
  url: string;
  method: string;
  header: Record<string, string>;
  data?: string;
  success: (answer: { statusCode: number; header: Record<string, string>; data: unknown }) => void;
  fail: (reason: unknown) => void;
}

const uniStandIn = {
  getStorageSync: (key: string) => storage.get(key) ?? '',
  setStorageSync: (key: string, value: unknown) => void storage.set(key, JSON.parse(JSON.stringify(value))),
  removeStorageSync: (key: string) => void storage.delete(key),
  showToast: () => undefined,
  setTabBarStyle: () => undefined,
  setTabBarBadge: () => undefined,
  removeTabBarBadge: () => undefined,
  setTabBarItem: () => undefined,
  setNavigationBarTitle: () => undefined,
  request(options: RequestOptions): void {
    const asked: Asked = {
      method: options.method,
      url: options.url,
      header: options.header,
      body: options.data === undefined ? undefined : JSON.parse(options.data),
    };
    server.asked.push(asked);
    Promise.resolve(server.answer(asked)).then(
      (answer) =>
        answer.status === 0
          ? options.fail({ errMsg: 'request:fail' })
          : options.success({ statusCode: answer.status, header: answer.header ?? {}, data: answer.body ?? '' }),
      options.fail,
    );
  },
};
(globalThis as unknown as { uni: unknown }).uni = uniStandIn;

beforeEach(() => {
  storage.clear();
  server.asked = [];
  server.answer = () => ({ status: 404 });
});
