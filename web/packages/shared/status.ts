// Every status, action and kind that a person reads, in one place: its Chinese word and its tone.
// Pages never write these words themselves. An unknown value is shown as it came, in the muted tone,
// so that a newer server does not break an older page.

/** How a status asks for attention. The colours of a tone belong to each app's style sheet. */
export type Tone = 'waiting' | 'action' | 'moving' | 'done' | 'muted' | 'alarm';

export interface StatusWord {
  label: string;
  tone: Tone;
}

type Words = Readonly<Record<string, StatusWord>>;

function read(words: Words, status: string): StatusWord {
  return Object.prototype.hasOwnProperty.call(words, status) ? words[status]! : { label: status, tone: 'muted' };
}

const ORDER: Words = {
  unpaid: { label: '待付款', tone: 'waiting' },
  paid_waiting: { label: '已付款', tone: 'moving' },
  to_ship: { label: '待发货', tone: 'action' },
  to_pick_up: { label: '待自提', tone: 'waiting' },
  shipped: { label: '已发货', tone: 'moving' },
  completed: { label: '已完成', tone: 'done' },
  closed: { label: '已关闭', tone: 'muted' },
};

const DELIVERY_STATE: Words = {
  waiting: { label: '待接单', tone: 'action' },
  accepted: { label: '待取货', tone: 'waiting' },
  fetched: { label: '配送中', tone: 'moving' },
  failed: { label: '没有送到', tone: 'alarm' },
  delivered: { label: '已送达', tone: 'done' },
  returned: { label: '已带回门店', tone: 'muted' },
  cancelled: { label: '已取消', tone: 'muted' },
};

const PAYMENT: Words = {
  pending: { label: '待支付', tone: 'waiting' },
  paid: { label: '已支付', tone: 'done' },
  closed: { label: '已关闭', tone: 'muted' },
  failed: { label: '支付失败', tone: 'alarm' },
  refunding: { label: '退款中', tone: 'moving' },
  refunded: { label: '已退款', tone: 'muted' },
};

const REFUND: Words = {
  requested: { label: '待退款', tone: 'waiting' },
  processing: { label: '退款中', tone: 'moving' },
  done: { label: '已退款', tone: 'done' },
  failed: { label: '退款失败', tone: 'alarm' },
};

const PRODUCT: Words = {
  on_sale: { label: '在售', tone: 'done' },
  off_sale: { label: '已下架', tone: 'muted' },
  scheduled: { label: '定时上架', tone: 'waiting' },
  deleted: { label: '回收站', tone: 'muted' },
};

const NOTICE: Words = {
  sending: { label: '发送中', tone: 'moving' },
  sent: { label: '已发出', tone: 'done' },
  skipped: { label: '没有发', tone: 'muted' },
  failed: { label: '失败', tone: 'alarm' },
};

const STOCK_TAKE: Words = {
  draft: { label: '清点中', tone: 'waiting' },
  counted: { label: '待过账', tone: 'action' },
  posted: { label: '已过账', tone: 'done' },
  cancelled: { label: '已作废', tone: 'muted' },
};

const TRANSFER: Words = {
  draft: { label: '待发出', tone: 'action' },
  sent: { label: '在途', tone: 'moving' },
  received: { label: '已收完', tone: 'done' },
  cancelled: { label: '已作废', tone: 'muted' },
};

const STORE: Words = {
  open: { label: '营业', tone: 'done' },
  closed: { label: '停业', tone: 'muted' },
};

const STAFF: Words = {
  active: { label: '在职', tone: 'done' },
  disabled: { label: '已停用', tone: 'muted' },
};

const TASK: Words = {
  waiting: { label: '排队中', tone: 'waiting' },
  running: { label: '进行中', tone: 'moving' },
  stopping: { label: '正在停止', tone: 'waiting' },
  done: { label: '已完成', tone: 'done' },
  failed: { label: '失败', tone: 'alarm' },
  cancelled: { label: '已停止', tone: 'muted' },
};

const MEMBER: Words = {
  active: { label: '正常', tone: 'done' },
  blocked: { label: '已停用', tone: 'alarm' },
  closed: { label: '已注销', tone: 'muted' },
};

const UPLOAD: Words = {
  waiting: { label: '等待同步', tone: 'waiting' },
  done: { label: '已同步微信', tone: 'done' },
  failed: { label: '同步失败', tone: 'alarm' },
};

const AFTER_SALE: Words = {
  requested: { label: '待商家处理', tone: 'action' },
  approved: { label: '待寄回', tone: 'waiting' },
  returning: { label: '待商家收货', tone: 'action' },
  received: { label: '待换货发出', tone: 'action' },
  refunding: { label: '退款中', tone: 'moving' },
  refunded: { label: '已退款', tone: 'done' },
  exchanged: { label: '已换货', tone: 'done' },
  rejected: { label: '没有通过', tone: 'muted' },
  cancelled: { label: '已撤销', tone: 'muted' },
  escalated: { label: '平台处理中', tone: 'alarm' },
};

const PARCEL: Words = {
  in_transit: { label: '运输中', tone: 'moving' },
  collected: { label: '已揽收', tone: 'moving' },
  delivering: { label: '派送中', tone: 'moving' },
  signed: { label: '已签收', tone: 'done' },
  trouble: { label: '疑难件', tone: 'alarm' },
  returning: { label: '退回中', tone: 'alarm' },
  returned: { label: '已退回', tone: 'muted' },
  refused: { label: '已拒收', tone: 'alarm' },
};

const WEBHOOK: Words = {
  enabled: { label: '正常', tone: 'done' },
  failing: { label: '投递失败中', tone: 'waiting' },
  paused: { label: '已暂停', tone: 'muted' },
  disabled: { label: '已自动停用', tone: 'alarm' },
};

const WEBHOOK_DELIVERY: Words = {
  waiting: { label: '待投递', tone: 'waiting' },
  delivered: { label: '已收下', tone: 'done' },
  failed: { label: '失败', tone: 'action' },
};

const API_KEY: Words = {
  active: { label: '可用', tone: 'done' },
  expired: { label: '已过期', tone: 'muted' },
  revoked: { label: '已吊销', tone: 'muted' },
};

const BILL_DAY: Words = {
  waiting: { label: '对账中', tone: 'moving' },
  done: { label: '已对账', tone: 'done' },
  failed: { label: '取账单失败', tone: 'alarm' },
};

const BILL_PROBLEM: Words = {
  ours_only: { label: '我们有，账单没有', tone: 'action' },
  theirs_only: { label: '账单有，我们没有', tone: 'action' },
  amount: { label: '金额不同', tone: 'action' },
  state: { label: '状态不同', tone: 'action' },
};

const BILL_KIND: Labels = { payment: '收款', refund: '退款', transfer: '转账', fee: '手续费' };

const INVOICE: Words = {
  requested: { label: '待开票', tone: 'waiting' },
  issuing: { label: '开票中', tone: 'moving' },
  issued: { label: '已开票', tone: 'done' },
  failed: { label: '开票失败', tone: 'alarm' },
  rejected: { label: '已驳回', tone: 'muted' },
  cancelled: { label: '已取消', tone: 'muted' },
};

export const billDayState = (state: string): StatusWord => read(BILL_DAY, state);
export const billProblem = (problem: string): StatusWord => read(BILL_PROBLEM, problem);
export const invoiceState = (state: string): StatusWord => read(INVOICE, state);
export const noticeState = (state: string): StatusWord => read(NOTICE, state);
export const webhookStatus = (status: string): StatusWord => read(WEBHOOK, status);
export const deliveryState = (state: string): StatusWord => read(WEBHOOK_DELIVERY, state);
export const apiKeyState = (state: string): StatusWord => read(API_KEY, state);
export const orderStatus = (status: string): StatusWord => read(ORDER, status);
export const localDeliveryState = (status: string): StatusWord => read(DELIVERY_STATE, status);
export const paymentStatus = (status: string): StatusWord => read(PAYMENT, status);
export const refundStatus = (status: string): StatusWord => read(REFUND, status);
export const productStatus = (status: string): StatusWord => read(PRODUCT, status);
export const stockTakeState = (state: string): StatusWord => read(STOCK_TAKE, state);
export const transferState = (state: string): StatusWord => read(TRANSFER, state);
export const taskState = (status: string): StatusWord => read(TASK, status);
export const storeStatus = (status: string): StatusWord => read(STORE, status);
export const staffStatus = (status: string): StatusWord => read(STAFF, status);
export const memberStatus = (status: string): StatusWord => read(MEMBER, status);
export const shippingUploadStatus = (status: string): StatusWord => read(UPLOAD, status);
export const afterSaleStatus = (status: string): StatusWord => read(AFTER_SALE, status);
export const parcelState = (state: string): StatusWord => read(PARCEL, state);

type Labels = Readonly<Record<string, string>>;

function word(labels: Labels, key: string): string {
  return Object.prototype.hasOwnProperty.call(labels, key) ? labels[key]! : key;
}

const MEMBER_ACTION: Labels = {
  pay: '去支付',
  cancel: '取消订单',
  confirm: '确认收货',
  track: '查看物流',
  review: '去评价',
  refund_ask: '申请售后',
  buy_again: '再次购买',
};

const STAFF_ACTION: Labels = {
  ship: '发货',
  refund: '退款',
  close: '关闭订单',
  redeem: '核销',
  mark_ready: '备货完成',
  pay_offline: '线下收款',
  remark: '备注',
  change_price: '改价',
  retry: '重新请求',
  settle: '登记线下退款',
};

const AFTER_SALE_KIND: Labels = { refund_only: '仅退款', return_refund: '退货退款', exchange: '换货' };

const AFTER_SALE_ACTION: Labels = {
  approve: '同意',
  decline: '拒绝',
  receive: '收货验货',
  reship: '发出换货',
  refund_instead: '改为退款',
  escalate: '交平台处理',
  note: '备注',
};

const NO_RETURN: Labels = {
  custom: '定作商品',
  fresh: '鲜活易腐商品',
  digital: '数字商品或已拆封的音像软件',
  press: '报纸期刊',
  confirmed: '其他，由买家购买时确认',
};

const DELIVERY: Labels = { express: '快递', pickup: '到店自提', local: '同城配送' };

const CHANNEL: Labels = {
  wechat: '微信支付',
  wechat_funds: '微信资金账单',
  alipay: '支付宝',
  unionpay: '银行卡',
  balance: '余额',
  offline: '线下收款',
  cash: '柜台现金',
  free: '无需支付',
  none: '无需支付',
};

const MOVEMENT: Labels = {
  reserve: '下单占用',
  commit: '售出',
  release: '释放占用',
  receive: '入库',
  adjust: '调整',
  transfer: '调拨',
  count: '盘点',
};

export const STORE_SERVICES = [
  ['parking', '停车'],
  ['wifi', '免费 Wi-Fi'],
  ['fitting', '试穿'],
  ['gift_wrap', '礼品包装'],
  ['engraving', '刻字'],
  ['repair', '维修保养'],
  ['seating', '休息座位'],
  ['accessible', '无障碍'],
  ['nursing', '母婴室'],
  ['pets', '宠物友好'],
  ['charging', '手机充电'],
  ['tax_refund', '离境退税'],
] as const;

const DIFFERENCE: Labels = { not_sent: '没装车', lost: '丢失', damaged: '破损' };

const LANE: Labels = {
  activity: '活动价',
  best_price: '优惠价',
  promotion: '满减满折',
  coupon: '优惠券',
  points: '积分抵扣',
  freight: '运费',
  reward: '赠送',
};

const SETTLE_METHOD: Labels = {
  bank: '银行转账',
  cash: '现金',
  wechat: '微信转账',
  alipay: '支付宝转账',
  platform: '商户平台手动退款',
  other: '其他方式',
};

const CHANNEL_STATE: Labels = { closed: '渠道关闭了退款', abnormal: '退款账户异常，钱没有到账' };

const HOLDER: Labels = {
  order: '订单',
  after_sale: '售后',
  cart: '购物车',
  product: '商品',
  stock_take: '盘点单',
  stock_transfer: '调拨单',
  fitting: '门店留货',
};

const ACTOR: Labels = { member: '会员', staff: '员工', system: '系统', guest: '游客', channel: '支付渠道' };

export const memberAction = (action: string): string => word(MEMBER_ACTION, action);
export const staffAction = (action: string): string => word(STAFF_ACTION, action);
export const afterSaleKind = (kind: string): string => word(AFTER_SALE_KIND, kind);
export const afterSaleAction = (action: string): string => word(AFTER_SALE_ACTION, action);
export const noReturnReason = (reason: string): string => word(NO_RETURN, reason);
export const NO_RETURN_REASONS: readonly string[] = Object.keys(NO_RETURN);
export const deliveryKind = (kind: string): string => word(DELIVERY, kind);
export const paymentChannel = (channel: string): string => word(CHANNEL, channel);
export const billKind = (kind: string): string => word(BILL_KIND, kind);
export const movementKind = (kind: string): string => word(MOVEMENT, kind);
export const DIFFERENCE_REASONS = ['not_sent', 'lost', 'damaged'] as const;
export const differenceReason = (reason: string): string => word(DIFFERENCE, reason);
export const quoteLane = (lane: string): string => word(LANE, lane);
export const holderKind = (kind: string): string => word(HOLDER, kind);
export const settleMethod = (method: string): string => word(SETTLE_METHOD, method);
export const channelState = (state: string): string => word(CHANNEL_STATE, state);
export const SETTLE_METHODS: readonly string[] = Object.keys(SETTLE_METHOD);
export const actorKind = (kind: string): string => word(ACTOR, kind);

/** The tabs of an order list, in the order a person works through them. */
export const ORDER_TABS: readonly { state: string; label: string }[] = [
  { state: 'all', label: '全部' },
  { state: 'unpaid', label: '待付款' },
  { state: 'to_ship', label: '待发货' },
  { state: 'to_pick_up', label: '待自提' },
  { state: 'shipped', label: '已发货' },
  { state: 'completed', label: '已完成' },
  { state: 'closed', label: '已关闭' },
];

/** The tabs of the after-sale desk: what waits for staff first. */
export const AFTER_SALE_TABS: readonly { state: string; label: string }[] = [
  { state: 'to_do', label: '待处理' },
  { state: 'escalated', label: '平台处理' },
  { state: 'waiting', label: '等会员或渠道' },
  { state: 'ended', label: '已结束' },
  { state: 'all', label: '全部' },
];
