// WeChat's own scanner.
import { byCamera } from './camera';

export const weixin = byCamera;
