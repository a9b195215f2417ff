// @vitest-environment happy-dom
import { unfit } from './use-uploads';

describe('unfit', () => {
  it('lets pictures and films of their sizes pass', () => {
    expect(unfit({ type: 'image/jpeg', size: 1 })).toBe('');
    expect(unfit({ type: 'video/mp4', size: 20 << 20 })).toBe('');
  });
  it('says why a file is not sent', () => {
    expect(unfit({ type: 'image/png', size: 9 << 20 })).toContain('8 MB');
    expect(unfit({ type: 'video/mp4', size: 31 << 20 })).toContain('30 MB');
    expect(unfit({ type: 'application/pdf', size: 1 })).toContain('JPG');
  });
});
