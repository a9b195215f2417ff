import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useLeave } from '@/composables/leave';

type Hook = 'onShow' | 'onHide' | 'onUnload';
const hooks = vi.hoisted(() => new Map<string, () => void>());
vi.mock('@/composables/lifecycle', () => {
  const kept = (name: Hook) => (hook: () => void) => void hooks.set(name, hook);
  return { onShow: kept('onShow'), onHide: kept('onHide'), onUnload: kept('onUnload') };
});
const gone: string[] = [];
vi.mock('@/composables/go', () => ({
  back: () => gone.push('back'),
  replace: (url: string) => gone.push(url),
}));
const happens = (name: Hook) => hooks.get(name)!();

describe('leaving a page whose answer was waited for', () => {
  beforeEach(() => void gone.splice(0));

  it('happens at once while the page is in front', () => {
    const leave = useLeave();
    happens('onShow');
    leave.replace('/pages/order/list');
    leave.back();
    expect(gone).toEqual(['/pages/order/list', 'back']);
  });

  it('waits while another page is in front, and happens once when this one is back', () => {
    const leave = useLeave();
    happens('onHide');
    leave.back();
    expect(gone).toEqual([]);
    happens('onShow');
    happens('onHide');
    happens('onShow');
    expect(gone).toEqual(['back']);
  });

  it('does not happen once the page is closed', () => {
    const leave = useLeave();
    happens('onUnload');
    leave.back();
    expect(gone).toEqual([]);
  });
});
