// The page hooks of uni-app from one place, so that tests can replace them.
export {
  onHide,
  onLaunch,
  onLoad,
  onPullDownRefresh,
  onReachBottom,
  onShareAppMessage,
  onShow,
  onUnload,
} from '@dcloudio/uni-app';
