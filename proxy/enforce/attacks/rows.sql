-- Rows of both twins: where it says «one|other», the first twin has the one and the second the other. Only masked columns differ.
INSERT INTO people (id, email, name, ssn, born, salary, bonus, score, grade, address, seen, tags, doc, raw, page, stay, term, active, city, boss) VALUES
 (1, '«zephyrine|maximilian».q@canary.test', '«Zephyrine Quagliotti|Maximilian Bartholdy»', '«900-55-1234|123-44-9876»', '«1984-02-29|1961-07-15»', «187654|51234», «18765.43|512.34», «0.875|0.125», '«principal|junior»', '«203.0.113.77|198.51.100.5»', '«2026-03-01 10:00:00+00|2021-09-09 04:00:00+00»', '«{zephtag,one}|{maxtag,two}»', '{"secret": "«zephdoc|maxidoc»", "n": «7|2»}', '{"secret": "«zephraw|maxiraw»"}', '<p>«zephpage|maxipage»</p>', '[«2025-01-05,2025-02-01|2020-06-01,2020-06-09»)', '(«2025-01-05,40|2019-02-02,0»)', «true|false», 'Lisbon', NULL),
 (2, '«oswin|gudrun».tarrow@canary.test', '«Oswin Tarrowby|Gudrun Holzapfel»', '«900-55-2345|123-45-8765»', '«1979-11-03|1992-12-01»', «142310|98765», «14231.07|987.65», «0.625|0.375», '«senior|principal»', '«203.0.113.78|198.51.100.6»', '«2026-03-02 10:00:00+00|2021-09-10 04:00:00+00»', '«{oswitag,one}|{gudrtag,two}»', '{"secret": "«oswidoc|gudrdoc»", "n": «5|9»}', '{"secret": "«oswiraw|gudrraw»"}', '<p>«oswipage|gudrpage»</p>', '[«2025-02-05,2025-03-01|2020-07-01,2020-07-09»)', '(«2025-02-05,30|2019-03-02,60»)', «false|true», 'Austin', 1),
 (3, '«maelys|ottokar».vanton@canary.test', '«Maelys Vantongeren|Ottokar Domaslav»', '«900-56-3456|123-46-7654»', '«1991-07-17|1970-03-30»', «121987|143210», «12198.74|1432.1», «0.375|0.5», '«junior|senior»', '«203.0.113.79|198.51.100.7»', '«2026-03-03 10:00:00+00|2021-09-11 04:00:00+00»', '«{maeltag,one}|{ottotag,two}»', '{"secret": "«maeldoc|ottodoc»", "n": «3|8»}', '{"secret": "«maelraw|ottoraw»"}', '<p>«maelpage|ottopage»</p>', '[«2025-03-05,2025-04-01|2020-08-01,2020-08-09»)', '(«2025-03-05,20|2019-04-02,70»)', «true|false», 'Brussels', 1),
 (4, '«ikaika|thyra».pohaku@canary.test', '«Ikaika Pohakunui|Thyra Bengtsdotter»', '«900-57-4567|123-47-6543»', '«1988-12-25|1983-05-05»', «118432|187001», «11843.2|1870.01», «0.25|0.75», '«senior|junior»', '«203.0.113.80|198.51.100.8»', '«2026-03-04 10:00:00+00|2021-09-12 04:00:00+00»', '«{ikaitag,one}|{thyrtag,two}»', '{"secret": "«ikaidoc|thyrdoc»", "n": «1|4»}', '{"secret": "«ikairaw|thyrraw»"}', '<p>«ikaipage|thyrpage»</p>', '[«2025-04-05,2025-05-01|2020-09-01,2020-09-09»)', '(«2025-04-05,10|2019-05-02,80»)', «false|true», 'Lisbon', 2),
 (5, '«nilufar|absalom».yoqub@canary.test', '«Nilufar Yoqubovaxon|Absalom Kilpatrick»', NULL, NULL, «76450|120345», NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, «true|false», 'Osaka', 2);

INSERT INTO badges VALUES (1, '«900-55-1234|123-44-9876»', 'red'), (2, '«900-55-2345|123-45-8765»', 'blue');
INSERT INTO accounts VALUES
 (1, 1, '«DE89370400440532019901|FR7630006000011234567890»', «9100|12», 'current'),
 (2, 2, '«GB33BUKB20201555559902|NL91ABNA0417164300990000»', «45|77000», 'savings'),
 (3, 3, NULL, «310|4100», 'current');
INSERT INTO rooms VALUES (1, '[«2026-01-10,2026-01-20|2026-05-01,2026-05-09»)');
INSERT INTO events
  SELECT id, timestamptz '2026-01-01 00:00:00+00' + id * interval '1 day', jsonb_build_object('who', email, 'n', salary, 'ok', active) FROM people;
INSERT INTO events
  SELECT id + 5, timestamptz '2026-01-01 00:00:00+00', jsonb_build_object('who', name, 'n', salary % 97) FROM people;
INSERT INTO staff VALUES (1, 'Ada', «61000|19000»), (2, 'Bob', «52000|83000»);
INSERT INTO managers VALUES (3, 'Cid', «91000|33000», 10);
INSERT INTO diary VALUES (1, 'ada', '«zephdiary|maxidiary» one'), (2, 'bob', '«oswidiary|gudrdiary» two');

INSERT INTO bands VALUES (1, «187654|51234»), (2, «51098|42310»), (3, «151098|171097»), (4, «61098|181098»);
INSERT INTO passes VALUES (1, '«zephpass|maxipass»', '«zephtick|maxitick»'), (2, '«oswipass|gudrpass»', '«oswitick|gudrtick»');
INSERT INTO visits VALUES (1, '«zephpass|maxipass»', 'gate'), (2, '«oswipass|gudrpass»', 'door');
INSERT INTO keepsakes VALUES (1, 1, '«zephthing|maxithing»');
INSERT INTO stamps VALUES ('«zephstamp|maximilianstamp»');
INSERT INTO letters VALUES (1, '«zephstamp|maximilianstamp»');
INSERT INTO lab.kept VALUES (1), (2);
INSERT INTO plates VALUES (1, '«zephplate|maximilianplate»');
INSERT INTO cards VALUES (1, 'Ada', '«zephpin|maxpi»');
INSERT INTO ranks VALUES (1, «187654|51234»);
ALTER TABLE vouchers DROP CONSTRAINT vouchers_code;
INSERT INTO vouchers VALUES (1, '«zephvoucher|maxivoucher»');
ALTER TABLE vouchers ADD CONSTRAINT vouchers_code CHECK (code LIKE 'zeph%') NOT VALID;

INSERT INTO products SELECT g, 'SKU-' || g, 'Product ' || g, g * 450, ARRAY['t' || g % 3, 'all'], jsonb_build_object('size', g, 'colour', CASE g % 2 WHEN 0 THEN 'red' ELSE 'blue' END, 'parts', jsonb_build_array(g, g + 1)) FROM generate_series(1, 8) g;
INSERT INTO orders SELECT g, g % 5 + 1, timestamptz '2026-01-01 00:00:00+00' + g * interval '17 hours', (ARRAY['pending', 'paid', 'shipped', 'refunded'])[1 + g % 4], 1000 + g * g * 37 % 20000 FROM generate_series(1, 36) g;
INSERT INTO order_items SELECT g, g % 36 + 1, g % 8 + 1, g % 3 + 1 FROM generate_series(1, 72) g;
INSERT INTO lab.sheet SELECT g, 'note ' || g, g * 10, date '2026-01-01' + g, jsonb_build_object('k', g) FROM generate_series(1, 4) g;
REFRESH MATERIALIZED VIEW roster;
ANALYZE;
