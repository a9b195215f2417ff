// The shapes of the shop API under short names. All of them are generated from the server's OpenAPI
// document; nothing is written by hand here, so a change on the server shows up as a type error.
import type { components } from '@schema';

type Schemas = components['schemas'];

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

export type Problem = Schemas['Problem'];
export type Picture = Schemas['Picture'];
export type Upload = Schemas['Upload'];
export type CounterReceipt = Schemas['CounterReceipt'];

export type Me = Schemas['Me'];
export type MyHome = Schemas['MyHome'];
export type MeInput = Schemas['MeInput'];
export type SessionGranted = Schemas['SessionGranted'];
export type Region = Schemas['Region'];
export type Address = Schemas['Address'];
export type AddressInput = Schemas['AddressInput'];

export type MallBrief = Schemas['MallBrief'];
export type HomePage = Schemas['HomePage'];
export type Link = Schemas['Link'];
export type Block = Schemas['Block'];
export type PictureItem = Schemas['PictureItem'];
export type SpotItem = Schemas['SpotItem'];
export type CategoryBrief = Schemas['CategoryBrief'];
export type ProductCard = Schemas['ProductCard'];
export type Facets = Schemas['Facets'];
export type ProductDetail = Schemas['ProductDetail'];
export type SkuView = Schemas['SkuView'];
export type ReviewView = Schemas['ReviewView'];
export type ProductStore = Schemas['ProductStore'];
export type StoreView = Schemas['StoreView'];
export type StoreService = Schemas['StoreService'];
export type StoreDistrict = Schemas['StoreDistrict'];
export type StoreCampaign = Schemas['StoreCampaign'];
export type OpeningHours = Schemas['OpeningHours'];
export type SpecialDay = Schemas['SpecialDay'];

export type CartView = Schemas['CartView'];
export type CartLine = Schemas['CartLine'];
export type ItemInput = Schemas['ItemInput'];
export type Delivery = Schemas['Delivery'];
export type Quote = Schemas['Quote'];
export type Explanation = Schemas['Explanation'];
export type PlaceOrder = Schemas['PlaceOrder'];

export type Action = Schemas['Action'];
export type Status = Schemas['Status'];
export type OrderCard = Schemas['OrderCard'];
export type OrderDetail = Schemas['OrderDetail'];
export type RefundView = Schemas['RefundView'];
export type OrderLineView = Schemas['OrderLineView'];
export type ParcelView = Schemas['ParcelView'];
export type DeliverySlots = Schemas['DeliverySlots'];
export type LocalView = Schemas['LocalView'];
export type QuotedDelivery = Schemas['QuotedDelivery'];
export type AddressPlace = Schemas['AddressPlace'];
export type PickupSlots = Schemas['PickupSlots'];
export type PickupPass = Schemas['PickupPass'];
export type PickupView = Schemas['PickupView'];
export type PayRequest = Schemas['PayRequest'];
export type PayIntent = Schemas['PayIntent'];
export type Instruction = Schemas['Instruction'];
export type OwnTransfer = Schemas['OwnTransfer'];

export type AfterSaleOptions = Schemas['AfterSaleOptions'];
export type AfterSaleOption = Schemas['AfterSaleOption'];
export type AfterSaleWay = Schemas['AfterSaleWay'];
export type AfterSaleView = Schemas['AfterSaleView'];
export type AfterSaleCard = Schemas['AfterSaleCard'];
export type AfterSaleLineView = Schemas['AfterSaleLineView'];
export type AfterSaleAction = Schemas['AfterSaleAction'];
export type AskAfterSale = Schemas['AskAfterSale'];
export type Carrier = Schemas['Carrier'];

export type MembershipView = Schemas['MembershipView'];
export type MembershipPlan = Schemas['Plan'];
export type Tier = Schemas['Tier'];
export type StatementLine = Schemas['StatementLine'];
export type TopUpPlan = Schemas['TopUpPlan'];
export type PurchaseView = Schemas['PurchaseView'];
export type Policy = Schemas['Policy'];
export type PolicyBrief = Schemas['PolicyBrief'];
export type Consents = Schemas['Consents'];
export type ConsentScope = Schemas['ConsentScope'];
export type DataExport = Schemas['DataExport'];
export type Closing = Schemas['Closing'];
export type Message = Schemas['Message'];
export type NoticeAsk = Schemas['NoticeAsk'];
export type MessageKind = Schemas['MessageKind'];
export type Preference = Schemas['Preference'];
export type Licences = Schemas['Licences'];
export type CentreCoupon = Schemas['CentreCoupon'];
export type PointsGoods = Schemas['PointsGoods'];
export type MyCoupon = Schemas['MyCoupon'];
export type OfferTags = Schemas['OfferTags'];
export type ProductTags = Schemas['ProductTags'];
export type LimitedTag = Schemas['LimitedTag'];
export type InvoiceOffer = Schemas['InvoiceOffer'];
export type InvoiceTitle = Schemas['InvoiceTitle'];
export type InvoiceTitleView = Schemas['InvoiceTitleView'];
export type InvoiceView = Schemas['InvoiceView'];

export type BookingServiceCard = Schemas['BookingServiceCard'];
export type BookingServiceDetail = Schemas['BookingServiceDetail'];
export type BookingState = Schemas['BookingState'];
export type BookingTimes = Schemas['BookingTimes'];
export type BookingView = Schemas['BookingView'];
export type FittingView = Schemas['FittingView'];
export type BookService = Schemas['BookService'];
