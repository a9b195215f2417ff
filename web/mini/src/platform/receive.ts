// Taking money that the shop pays out: WeChat asks its owner to confirm, inside its mini program only.
import { t } from '@/messages';
import { Refusal } from './vendor';

export interface TransferArguments {
  mch_id: string;
  app_id: string;
  package: string;
}

interface WeixinTransfer {
  requestMerchantTransfer(options: {
    mchId: string;
    appId: string;
    package: string;
    success(): void;
    fail(): void;
  }): void;
}
declare const wx: WeixinTransfer;

/** Opens the confirmation; whether the money arrived only the server knows. */
export function confirmTransfer(asked: TransferArguments): Promise<void> {
  if (process.env.UNI_PLATFORM !== 'mp-weixin')
    return Promise.reject(new Refusal('transfer.not_here', t('platform.receive_in_wechat')));
  return new Promise((resolve) =>
    wx.requestMerchantTransfer({
      mchId: asked.mch_id,
      appId: asked.app_id,
      package: asked.package,
      success: () => resolve(),
      fail: () => resolve(),
    }),
  );
}
