-- What PostGraphile's own words cannot ask: the risk list without oneself, and people by words of their names. Each
-- is one SELECT in a function that PostgreSQL inlines, so that row security and indexes are used as in ours.
CREATE FUNCTION bench.risk_list() RETURNS SETOF risk_score LANGUAGE sql STABLE AS $$
    SELECT * FROM risk_score
    WHERE run_id = (SELECT run_id FROM published_run WHERE label = 'LOW_NEXT_PERIOD')
        AND person_id IS DISTINCT FROM (SELECT nullif(current_setting('kinerja.person', true), '')::bigint)
    ORDER BY rank
$$;

-- For a narrow part of the tree: its people are read, and their names tried.
CREATE FUNCTION bench.people_named(words text) RETURNS SETOF person LANGUAGE sql STABLE AS $$
    SELECT * FROM person
    WHERE name_words @@ to_tsquery('simple', quote_literal(people_named.words) || ':*')
    ORDER BY name, id
$$;

-- For a wide one: the index of words may be used, by the function that ours uses, which gives the first twenty as asked;
-- row security decides on what it finds.
CREATE FUNCTION bench.people_found(words text) RETURNS SETOF person LANGUAGE sql STABLE AS $$
    SELECT * FROM person
    WHERE id = ANY ((
        SELECT public.people_first_named(to_tsquery('simple', quote_literal(people_found.words) || ':*'), 20)
    )::bigint[])
    ORDER BY name, id
$$;
