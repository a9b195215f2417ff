// Alipay's own scanner.
import { byCamera } from './camera';

export const alipay = byCamera;
