// Words of up to six letters and stops, whatever their case, after whose stop a sentence goes on.

export const ABBREVIATIONS: readonly string[] =
  `mr mrs ms dr prof rev gen sen rep gov capt col lt sgt maj hon st jr sr vs etc inc ltd co corp bros
  dept univ assn approx est no nos vol vols pp fig figs ed eds al cf e.g i.e eg ie viz a.m p.m u.s u.k u.n
  d.c jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ave blvd rd mt ft`.split(
    /\s+/,
  );
