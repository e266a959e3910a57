-- No document of the 2009 generation shows a key: its licenses are bound to an address alone. Orders of
-- them waited for one that never came. Owners can say otherwise of a plan.
update plan set has_key = false where dialect = 'software' and has_key;
