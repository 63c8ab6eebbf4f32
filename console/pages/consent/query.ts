// What the address of the consent page says: its window, which held events are shown, and where its two lists begin.
export type ConsentQuery = Readonly<
  Partial<Record<'window' | 'destination' | 'reason' | 'cursor' | 'before', string>>
>
