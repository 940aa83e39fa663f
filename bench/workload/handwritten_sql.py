"""Hand-written SQL of the questions: one statement each, with the JSON text of `data`.

Its only value is that text, in the form sent by ours. A part shared by several questions takes its rows as a SELECT;
values are parameters `$1…`.
"""


def build_people_sql(before: str, source: str, after: str) -> str:
    """Build the SQL of people × 3 levels.

    `source` selects id, name, rank, unit_id and position_id; `before` and `after` are the SQL around it.
    """
    return f"""
    SELECT {before} || coalesce(string_agg('{{"id":"pe' || s.id || '","name":' || to_json(s.name) || ',"grade":'
        || coalesce(to_json(s.rank)::text, 'null') || ',"unit":'
        || coalesce('{{"id":"un' || u.id || '","name":' || to_json(u.name) || ',"kind":"' || u.kind || '"}}', 'null')
        || ',"position":' || coalesce('{{"id":"po' || p.id || '","title":' || to_json(p.title) || ',"level":"'
            || p.level || '","unit":{{"id":"un' || w.id || '","name":' || to_json(w.name) || '}}}}', 'null')
        || ',"plan":' || coalesce('{{"id":"pl' || k.id || '","year":' || k.year || ',"status":"' || k.status
            || '","startsOn":"' || k.starts_on || '","endsOn":"' || k.ends_on || '"}}', 'null')
        || ',"evaluations":[' || e.latest || ']}}', ',' ORDER BY s.name, s.id), '') || {after}
    FROM ({source}) s
    LEFT JOIN unit u ON u.id = s.unit_id
    LEFT JOIN position p ON p.id = s.position_id
    LEFT JOIN unit w ON w.id = p.unit_id
    LEFT JOIN LATERAL (
        SELECT id, year, status, starts_on, ends_on FROM plan
        WHERE person_id = s.id AND active ORDER BY starts_on DESC, id DESC LIMIT 1
    ) k ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(string_agg('{{"id":"ev' || v.id || '","startsOn":"' || v.starts_on || '","endsOn":"'
            || v.ends_on || '","score":"' || v.score || '","predikat":"' || v.predikat || '","lowPerformance":'
            || v.low::text || ',"plan":{{"id":"pl' || q.id || '","year":' || q.year || '}}}}', ','
            ORDER BY v.ends_on, v.id), '') AS latest
        FROM (
            SELECT id, starts_on, ends_on, score, predikat, low, plan_id FROM evaluation
            WHERE person_id = s.id AND current ORDER BY ends_on DESC, id DESC LIMIT 4
        ) v
        JOIN plan q ON q.id = v.plan_id
    ) e
    """


def build_risk_page_sql(total: str, source: str) -> str:
    """Build the SQL of scores with their people and three reasons.

    `total` counts them all, `source` selects whole rows of a page.
    """
    return f"""
    SELECT '{{"riskList":{{"totalCount":' || ({total}) || ',"nodes":['
        || coalesce(string_agg('{{"id":"rs' || s.id || '","rank":' || s.rank || ',"probability":'
            || coalesce('"' || s.probability || '"', 'null')
            || ',"probabilityLow":' || coalesce('"' || s.low || '"', 'null')
            || ',"probabilityHigh":' || coalesce('"' || s.high || '"', 'null')
            || ',"band":"' || s.band || '","hindered":' || s.hindered::text
            || ',"person":{{"id":"pe' || n.id || '","name":' || to_json(n.name)
            || ',"position":' || coalesce('{{"id":"po' || p.id || '","title":' || to_json(p.title) || '}}', 'null')
            || ',"unit":' || coalesce('{{"id":"un' || u.id || '","name":' || to_json(u.name) || '}}', 'null')
            || '}},"reasons":[' || r.strongest || ']}}', ',' ORDER BY s.rank), '') || ']}}}}'
    FROM ({source}) s
    JOIN person n ON n.id = s.person_id
    LEFT JOIN position p ON p.id = n.position_id
    LEFT JOIN unit u ON u.id = n.unit_id
    CROSS JOIN LATERAL ({_build_reasons_sql(3)}) r
    """


def build_scores_sql(source: str) -> str:
    """Build the SQL of many scores alone: `source` selects whole rows."""
    return f"""
    SELECT '{{"riskList":{{"nodes":[' || coalesce(string_agg('{{"id":"rs' || s.id || '","rank":' || s.rank
        || ',"probability":' || coalesce('"' || s.probability || '"', 'null')
        || ',"probabilityLow":' || coalesce('"' || s.low || '"', 'null')
        || ',"probabilityHigh":' || coalesce('"' || s.high || '"', 'null')
        || ',"logit":' || coalesce('"' || s.logit || '"', 'null') || ',"band":"' || s.band
        || '","hindered":' || s.hindered::text || ',"evaluationsKnown":' || s.evaluations_known
        || ',"abstention":' || coalesce('"' || s.abstained || '"', 'null') || '}}', ',' ORDER BY s.rank), '')
        || ']}}}}'
    FROM ({source}) s
    """


def build_own_score_sql() -> str:
    """Build the SQL of a person's score with ten reasons and its run.

    Person $1, run $2.
    """
    return f"""
    SELECT '{{"me":{{"id":"pe' || $1::bigint || '","risk":' || coalesce((
        SELECT '{{"id":"rs' || s.id || '","rank":' || s.rank || ',"probability":'
            || coalesce('"' || s.probability || '"', 'null')
            || ',"probabilityLow":' || coalesce('"' || s.low || '"', 'null')
            || ',"probabilityHigh":' || coalesce('"' || s.high || '"', 'null')
            || ',"band":"' || s.band || '","hindered":' || s.hindered::text
            || ',"evaluationsKnown":' || s.evaluations_known || ',"reasons":[' || r.strongest
            || '],"scoringRun":{{"id":"sr' || o.id || '","cutoffOn":"' || o.cutoff_on || '","personCount":'
            || o.people || '}}}}'
        FROM risk_score s JOIN scoring_run o ON o.id = s.run_id CROSS JOIN LATERAL ({_build_reasons_sql(10)}) r
        WHERE s.person_id = $1 AND s.run_id = $2
    ), 'null') || '}}}}'
    """


def build_search_sql(source: str) -> str:
    """Build the SQL of people with post and unit.

    `source` selects id, name, rank, unit_id and position_id.
    """
    return f"""
    SELECT '{{"people":{{"nodes":[' || coalesce(string_agg('{{"id":"pe' || s.id || '","name":' || to_json(s.name)
        || ',"grade":' || coalesce(to_json(s.rank)::text, 'null')
        || ',"unit":' || coalesce('{{"id":"un' || u.id || '","name":' || to_json(u.name) || '}}', 'null')
        || ',"position":' || coalesce('{{"id":"po' || p.id || '","title":' || to_json(p.title) || '}}', 'null')
        || '}}', ',' ORDER BY s.name, s.id), '') || ']}}}}'
    FROM ({source}) s
    LEFT JOIN position p ON p.id = s.position_id
    LEFT JOIN unit u ON u.id = s.unit_id
    """


def build_person_page_sql(field: str) -> str:
    """Build the SQL of the deep page of a person.

    Person $1, run $2: plan with results and indicators, evaluations, risk, training.
    """
    return f"""
    SELECT '{{"{field}":{{"id":"pe' || s.id || '","name":' || to_json(s.name) || ',"grade":'
        || coalesce(to_json(s.rank)::text, 'null') || ',"joinedOn":"' || s.joined_on || '","unit":'
        || coalesce('{{"id":"un' || u.id || '","name":' || to_json(u.name) || ',"kind":"' || u.kind || '","parent":'
            || coalesce('{{"id":"un' || a.id || '","name":' || to_json(a.name) || '}}', 'null') || '}}', 'null')
        || ',"position":' || coalesce('{{"id":"po' || p.id || '","title":' || to_json(p.title) || ',"level":"'
            || p.level || '","unit":{{"id":"un' || w.id || '","name":' || to_json(w.name) || '}}}}', 'null')
        || ',"plan":' || coalesce((
            SELECT '{{"id":"pl' || k.id || '","year":' || k.year || ',"status":"' || k.status || '","startsOn":"'
                || k.starts_on || '","endsOn":"' || k.ends_on || '","results":[' || coalesce((
                    SELECT string_agg('{{"id":"pr' || r.id || '","ordinal":' || r.ordinal || ',"kind":"' || r.kind
                        || '","title":' || to_json(r.title) || ',"indicators":[' || coalesce((
                            SELECT string_agg('{{"ordinal":' || i.ordinal || ',"name":' || to_json(i.name)
                                || ',"measure":' || to_json(i.measure) || ',"target":"' || i.target || '"}}', ','
                                ORDER BY i.ordinal, i.id)
                            FROM plan_indicator i WHERE i.result_id = r.id
                        ), '') || ']}}', ',' ORDER BY r.ordinal, r.id)
                    FROM plan_result r WHERE r.plan_id = k.id
                ), '') || ']}}'
            FROM plan k WHERE k.person_id = s.id AND k.active ORDER BY k.starts_on DESC, k.id DESC LIMIT 1
        ), 'null') || ',"evaluations":[' || coalesce((
            SELECT string_agg('{{"id":"ev' || v.id || '","startsOn":"' || v.starts_on || '","endsOn":"' || v.ends_on
                || '","score":"' || v.score || '","predikat":"' || v.predikat || '","lowPerformance":'
                || v.low::text || '}}', ',' ORDER BY v.ends_on, v.id)
            FROM (
                SELECT id, starts_on, ends_on, score, predikat, low FROM evaluation
                WHERE person_id = s.id AND current ORDER BY ends_on DESC, id DESC LIMIT 4
            ) v
        ), '') || '],"risk":' || coalesce((
            SELECT '{{"id":"rs' || k.id || '","rank":' || k.rank || ',"probability":'
                || coalesce('"' || k.probability || '"', 'null')
                || ',"probabilityLow":' || coalesce('"' || k.low || '"', 'null')
                || ',"probabilityHigh":' || coalesce('"' || k.high || '"', 'null')
                || ',"band":"' || k.band || '","hindered":' || k.hindered::text
                || ',"reasons":[' || r.strongest || ']}}'
            FROM (SELECT * FROM risk_score WHERE person_id = s.id AND run_id = $2) k
            CROSS JOIN LATERAL ({_build_reasons_sql(3, "k")}) r
        ), 'null') || ',"trainingRecords":[' || coalesce((
            SELECT string_agg('{{"id":"tr' || t.id || '","completedOn":"' || t.completed_on || '","jp":' || t.jp
                || ',"outcome":"' || t.outcome || '","programme":{{"id":"pg' || g.id || '","name":' || to_json(g.name)
                || '}}}}', ',' ORDER BY t.completed_on DESC, t.id DESC)
            FROM (
                SELECT id, completed_on, jp, outcome, programme_id FROM training_record
                WHERE person_id = s.id ORDER BY completed_on DESC, id DESC LIMIT 5
            ) t JOIN programme g ON g.id = t.programme_id
        ), '') || ']}}}}'
    FROM person s
    LEFT JOIN unit u ON u.id = s.unit_id
    LEFT JOIN unit a ON a.id = u.parent_id
    LEFT JOIN position p ON p.id = s.position_id
    LEFT JOIN unit w ON w.id = p.unit_id
    WHERE s.id = $1
    """


def build_history_sql() -> str:
    """Build the SQL of a person's plans and results over the years.

    Person $1: twelve evaluations with plan, post and unit, five plans with results.
    """
    return """
    SELECT '{"me":{"id":"pe' || s.id || '","name":' || to_json(s.name) || ',"evaluations":[' || coalesce((
            SELECT string_agg('{"id":"ev' || v.id || '","startsOn":"' || v.starts_on || '","endsOn":"' || v.ends_on
                || '","score":"' || v.score || '","predikat":"' || v.predikat || '","lowPerformance":' || v.low::text
                || ',"plan":{"id":"pl' || k.id || '","year":' || k.year || ',"position":{"id":"po' || p.id
                || '","title":' || to_json(p.title) || ',"unit":{"id":"un' || u.id || '","name":' || to_json(u.name)
                || '}}}}', ',' ORDER BY v.ends_on, v.id)
            FROM (
                SELECT id, starts_on, ends_on, score, predikat, low, plan_id FROM evaluation
                WHERE person_id = s.id AND current ORDER BY ends_on DESC, id DESC LIMIT 12
            ) v
            JOIN plan k ON k.id = v.plan_id JOIN position p ON p.id = k.position_id JOIN unit u ON u.id = p.unit_id
        ), '') || '],"plans":[' || coalesce((
            SELECT string_agg('{"id":"pl' || k.id || '","year":' || k.year || ',"status":"' || k.status
                || '","startsOn":"' || k.starts_on || '","endsOn":"' || k.ends_on || '","results":[' || coalesce((
                    SELECT string_agg('{"id":"pr' || r.id || '","ordinal":' || r.ordinal || ',"title":'
                        || to_json(r.title) || '}', ',' ORDER BY r.ordinal, r.id)
                    FROM plan_result r WHERE r.plan_id = k.id
                ), '') || ']}', ',' ORDER BY k.starts_on DESC, k.id DESC)
            FROM (
                SELECT id, year, status, starts_on, ends_on FROM plan
                WHERE person_id = s.id ORDER BY starts_on DESC, id DESC LIMIT 5
            ) k
        ), '') || ']}}'
    FROM person s WHERE s.id = $1
    """


def _build_reasons_sql(most: int, score: str = "s") -> str:
    return f"""
        SELECT coalesce(string_agg('{{"code":' || to_json(q.code) || ',"term":"' || q.term || '","help":'
            || coalesce('"' || q.help || '"', 'null') || ',"changeable":' || q.changeable::text || '}}',
            ',' ORDER BY q.ordinal, q.id), '') AS strongest
        FROM (
            SELECT id, code, term, help, changeable, ordinal FROM risk_reason
            WHERE score_id = {score}.id ORDER BY ordinal, id LIMIT {most}
        ) q
    """
