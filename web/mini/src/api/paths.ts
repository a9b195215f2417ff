// Which path answers with what, in the shape `openapi-typescript` writes. The client reads its
// parameter, body and answer types from here, so a page can neither misspell a path nor guess a field.
import type * as t from './types';

interface Operation<Answer, Body = never, Path = never, Query = never> {
  parameters: { path: Path; query?: Query };
  requestBody: { content: { 'application/json': Body } };
  responses: { 200: { content: { 'application/json': Answer } } };
}
type ById = { id: string };
type ByProduct = { product_id: string };
type Cursor = { cursor?: string; limit?: number };

export interface ProductQuery extends Cursor {
  q?: string;
  category_id?: string;
  brand_id?: string;
  min_price_fen?: number;
  max_price_fen?: number;
  attr?: string[];
  in_stock?: boolean;
  tag?: string;
  sort?: 'default' | 'new' | 'sales' | 'price_asc' | 'price_desc';
}

export interface paths {
  '/api/v1/session/guest': { post: Operation<t.SessionGranted> };
  '/api/v1/session/sms-code': { post: Operation<void, t.SmsCodeRequest> };
  '/api/v1/session/phone': { post: Operation<t.SessionGranted, t.PhoneSignIn> };
  '/api/v1/session/wechat': { post: Operation<t.SessionGranted, t.WechatSignIn> };
  '/api/v1/session': { delete: Operation<void> };
  '/api/v1/me': { get: Operation<t.Me>; patch: Operation<t.Me, t.MeInput> };
  '/api/v1/me/phone/wechat': { post: Operation<t.Me, t.WechatPhone> };
  '/api/v1/regions': { get: Operation<t.Region[], never, never, { parent?: string }> };
  '/api/v1/addresses': { get: Operation<t.Address[]>; post: Operation<t.Address, t.AddressInput> };
  '/api/v1/addresses/{id}': { put: Operation<t.Address, t.AddressInput, ById>; delete: Operation<void, never, ById> };
  '/api/v1/home': { get: Operation<t.HomePage> };
  '/api/v1/categories': { get: Operation<t.CategoryNode[]> };
  '/api/v1/products': { get: Operation<t.ProductList, never, never, ProductQuery> };
  '/api/v1/products/{id}': { get: Operation<t.ProductDetail, never, ById> };
  '/api/v1/products/{id}/reviews': {
    get: Operation<
      t.Page<t.ReviewView>,
      never,
      ById,
      Cursor & { filter?: 'all' | 'pictures' | 'positive' | 'critical' }
    >;
  };
  '/api/v1/search/suggest': { get: Operation<t.Suggestions, never, never, { q: string }> };
  '/api/v1/search/hot': { get: Operation<t.HotWords> };
  '/api/v1/search/history': { get: Operation<t.SearchHistory>; delete: Operation<void> };
  '/api/v1/favourites': { get: Operation<t.Page<t.ProductCard>, never, never, Cursor> };
  '/api/v1/favourites/{product_id}': {
    get: Operation<t.Favourite, never, ByProduct>;
    put: Operation<void, never, ByProduct>;
    delete: Operation<void, never, ByProduct>;
  };
  '/api/v1/history': { get: Operation<t.Page<t.ProductCard>, never, never, Cursor>; delete: Operation<void> };
  '/api/v1/history/{product_id}': { put: Operation<void, never, ByProduct> };
  '/api/v1/stores': { get: Operation<t.StoreView[], never, never, { lat?: number; lng?: number }> };
  '/api/v1/cart': { get: Operation<t.CartView> };
  '/api/v1/cart/lines': { post: Operation<t.CartView, t.CartAdd> };
  '/api/v1/cart/lines/{sku_id}': { patch: Operation<t.CartView, t.CartChange, { sku_id: string }> };
  '/api/v1/cart/select': { post: Operation<t.CartView, t.CartSelect> };
  '/api/v1/cart/remove': { post: Operation<t.CartView, t.CartRemove> };
  '/api/v1/quote': { post: Operation<t.Quote, t.QuoteRequest> };
  '/api/v1/orders': {
    get: Operation<t.Page<t.OrderCard>, never, never, Cursor & { state?: string }>;
    post: Operation<t.PlacedOrder, t.PlaceOrder>;
  };
  '/api/v1/orders/{id}': { get: Operation<t.OrderDetail, never, ById> };
  '/api/v1/orders/{id}/cancel': { post: Operation<t.OrderDetail, t.CancelOrder, ById> };
  '/api/v1/orders/{id}/confirm': { post: Operation<t.OrderDetail, never, ById> };
  '/api/v1/orders/{id}/pay': { post: Operation<t.PayIntent, t.PayRequest, ById> };
  '/api/v1/orders/{id}/reviews': { post: Operation<t.OrderDetail, t.ReviewsInput, ById> };
  '/api/v1/orders/{id}/parcels/{parcel_id}/track': {
    get: Operation<t.TrackView, never, { id: string; parcel_id: string }>;
  };
  '/api/v1/payments/{id}': { get: Operation<t.PaymentView, never, ById> };
}
