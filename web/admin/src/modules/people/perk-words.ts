// The perks of a tier or a paid membership in one line.

interface Perks {
  price_percent: number;
  points_percent: number;
  free_freight: boolean;
  monthly_points: number;
  birthday_points?: number;
}

export function perkWords(perks: Perks): string {
  return [
    perks.price_percent < 100 && `${perks.price_percent / 10} 折`,
    perks.points_percent > 100 && `${perks.points_percent / 100} 倍积分`,
    perks.free_freight && '包邮',
    perks.monthly_points > 0 && `每月 ${perks.monthly_points} 积分`,
    (perks.birthday_points ?? 0) > 0 && `生日 ${perks.birthday_points} 积分`,
  ]
    .filter(Boolean)
    .join('，');
}
