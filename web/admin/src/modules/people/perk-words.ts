// The perks of a tier or a paid membership in one line.

interface Perks {
  price_percent: number;
  points_percent: number;
  free_freight: boolean;
  monthly_points: number;
  monthly_coupon_id?: string | null;
  birthday_points?: number;
  birthday_coupon_id?: string | null;
}

export function perkWords(perks: Perks): string {
  return [
    perks.price_percent < 100 && `${perks.price_percent / 10} 折`,
    perks.points_percent > 100 && `${perks.points_percent / 100} 倍积分`,
    perks.free_freight && '包邮',
    perks.monthly_points > 0 && `每月 ${perks.monthly_points} 积分`,
    perks.monthly_coupon_id && '每月一张券',
    (perks.birthday_points ?? 0) > 0 && `生日 ${perks.birthday_points} 积分`,
    perks.birthday_coupon_id && '生日券',
  ]
    .filter(Boolean)
    .join('，');
}
