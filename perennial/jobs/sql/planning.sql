-- name: lock
select id from continuity_continuityorder
 where id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
 order by id for no key update

-- name: select_to_update
select row_number() over (order by c.id), c.id, null::int
  from continuity_continuityorder c
  join unnest(%(programs)s::bigint[], %(revisions)s::bigint[]) n(program_id, revision_id) on n.program_id = c.program_id
 where c.status = 'open' and c.revision_id <> n.revision_id
